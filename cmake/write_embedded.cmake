# Writes the source that gives a room the text files of `paths`: it defines retort::<room>::embedded_file(name) and
# embedded_names(). A file is called by its name, or, in suites/, by its path from the top of the source tree.
# Used when the build is configured, and at build time for files that the build makes:
#   cmake -DROOM=report -DPATHS=FILE... -DSOURCE=OUT.cc -P write_embedded.cmake
function(retort_write_embedded room source paths)
  set(rows "")
  foreach(path IN LISTS paths)
    if(path MATCHES "/(suites/.*)$")
      set(name "${CMAKE_MATCH_1}")
    else()
      get_filename_component(name "${path}" NAME)
    endif()
    file(READ "${path}" text)
    if(text MATCHES "[)]embedded\"")
      message(FATAL_ERROR "${path}: cannot be embedded: it holds the mark that ends an embedded text")
    endif()
    string(APPEND rows "    {\"${name}\", R\"embedded(${text})embedded\"sv},\n")
  endforeach()
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
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  retort_write_embedded(${ROOM} "${SOURCE}" "${PATHS}")
endif()
