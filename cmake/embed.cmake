# Text that is compiled into a room. The result of each function is the path of a generated source, or empty if
# the room has none.
include(write_embedded)

# The text files retort/<room>/**/embedded/*, and those of RETORT_EMBED_<room>: patterns from the top of the source
# tree, whose names are the paths from there.
set(RETORT_EMBED_eval suites/code/*.json suites/code/*.py)

function(retort_embed room result)
  set(${result} "" PARENT_SCOPE)
  file(GLOB_RECURSE paths CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/retort/${room}/*")
  list(FILTER paths INCLUDE REGEX "/embedded/[^/]+$")
  foreach(pattern IN LISTS RETORT_EMBED_${room})
    file(GLOB more CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${pattern}")
    list(APPEND paths ${more})
  endforeach()
  if(NOT paths)
    return()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${paths})
  set(source "${CMAKE_BINARY_DIR}/embedded/${room}.cc")
  retort_write_embedded(${room} "${source}" "${paths}")
  set(${result} "${source}" PARENT_SCOPE)
endfunction()

# The page that web/<room>/build.mjs bundles from npm's packages into one file, <room>.html. The program needs
# neither Node.js nor the packages when it runs.
function(retort_embed_page room result)
  set(${result} "" PARENT_SCOPE)
  set(web "${CMAKE_SOURCE_DIR}/web")
  if(NOT EXISTS "${web}/${room}/build.mjs")
    return()
  endif()
  find_program(RETORT_NODE node NO_CACHE)  # a newer one may come with the tests
  if(NOT RETORT_NODE)
    message(FATAL_ERROR "Node.js is not here, and the ${room}'s page is bundled with it: run tools/setup.sh build, or apt-get install nodejs npm")
  endif()
  file(GLOB_RECURSE parts CONFIGURE_DEPENDS "${web}/${room}/*")
  set(page "${CMAKE_BINARY_DIR}/web/${room}.html")
  set(source "${CMAKE_BINARY_DIR}/embedded/${room}_page.cc")
  add_custom_command(OUTPUT "${page}"
    COMMAND ${RETORT_NODE} "${web}/${room}/build.mjs" "${page}"
    DEPENDS ${parts} "${web}/package-lock.json"
    COMMENT "Bundling web/${room}" VERBATIM)
  add_custom_command(OUTPUT "${source}"
    COMMAND ${CMAKE_COMMAND} -DROOM=${room} "-DPATHS=${page}" "-DSOURCE=${source}" -P "${CMAKE_SOURCE_DIR}/cmake/write_embedded.cmake"
    DEPENDS "${page}" "${CMAKE_SOURCE_DIR}/cmake/write_embedded.cmake"
    COMMENT "Embedding ${room}.html" VERBATIM)
  # ISO C++ asks compilers for 65,536 characters in a literal; those we use take any length.
  set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  set(${result} "${source}" PARENT_SCOPE)
endfunction()
