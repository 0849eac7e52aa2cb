# Compiler flags shared by every room. The baseline is portable x86-64; faster instruction sets are
# compiled by target regions inside retort/kernels/x86 and chosen at run time.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(RETORT_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
option(RETORT_FUZZ "Build the libFuzzer targets (clang)" OFF)

add_compile_options(-Wall -Wextra -Werror -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # GNU statement expressions carry RETORT_TRY; designated initialisers may leave the defaults.
  add_compile_options(-Wno-gnu-statement-expression -Wno-missing-field-initializers -Wno-missing-designated-field-initializers
    -Wshorten-64-to-32)
  # A release must not contract a*b+c on its own: the scalar twins state where they fuse.
  add_compile_options(-ffp-contract=off)
  find_program(RETORT_LLD NAMES ld.lld-19 ld.lld)
  if(RETORT_LLD)
    add_link_options(-fuse-ld=lld)
  endif()
else()
  add_compile_options(-Wno-missing-field-initializers -ffp-contract=off)
endif()

# Release keeps asserts of our own (RETORT_CHECK) and drops <cassert>.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")

if(RETORT_SANITIZE)
  add_compile_options(-fsanitize=${RETORT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RETORT_SANITIZE})
endif()
if(RETORT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_compile_definitions(RETORT_FUZZING)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# One file knows the version; the others need no new build when it changes.
set_source_files_properties(retort/cli/version.cc PROPERTIES COMPILE_DEFINITIONS "RETORT_VERSION=\"${PROJECT_VERSION}\"")
