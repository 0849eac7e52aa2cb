# Compiles the text files retort/<room>/**/embedded/* into their room: one generated source that defines
# retort::<room>::embedded_file(name) and embedded_names(). The result is the source's path, or empty if the
# room embeds nothing. RETORT_EMBED_<room> are patterns of more files, from the top of the source
# tree; their names are the paths from there.
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
  set(rows "")
  foreach(path IN LISTS paths)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
    get_filename_component(name "${path}" NAME)
    if(NOT path MATCHES "/embedded/")
      file(RELATIVE_PATH name "${CMAKE_SOURCE_DIR}" "${path}")
    endif()
    file(READ "${path}" text)
    string(REGEX MATCH "[)]embedded\"" closing "${text}")
    if(closing)
      message(FATAL_ERROR "${path}: cannot be embedded: it holds the mark that ends an embedded text")
    endif()
    string(APPEND rows "    {\"${name}\", R\"embedded(${text})embedded\"sv},\n")
  endforeach()
  set(source "${CMAKE_BINARY_DIR}/embedded/${room}.cc")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [[
#include <array>
#include <span>
#include <string_view>

#include "retort/base/check.h"

namespace retort::@room@ {

std::string_view embedded_file(std::string_view name);
std::span<const std::string_view> embedded_names();

namespace {

using namespace std::string_view_literals;  // of known length: nothing is counted while compiling

struct EmbeddedFile {
  std::string_view name, text;
};
constexpr EmbeddedFile kFiles[] = {
@rows@};

constexpr auto kNames = [] {
  std::array<std::string_view, std::size(kFiles)> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kFiles[i].name;
  return names;
}();

}  // namespace

std::span<const std::string_view> embedded_names() {
  return kNames;
}

std::string_view embedded_file(std::string_view name) {
  for (const EmbeddedFile& file : kFiles)
    if (file.name == name) return file.text;
  RETORT_CHECK(!"an embedded file of this name");
}

}  // namespace retort::@room@
]])
  set(${result} "${source}" PARENT_SCOPE)
endfunction()
