# Compiles the text files retort/<room>/**/embedded/* into their room: one generated source that defines
# retort::<room>::embedded_file(name). The result is the source's path, or empty if the room embeds nothing.
function(retort_embed room result)
  set(${result} "" PARENT_SCOPE)
  file(GLOB_RECURSE paths CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/retort/${room}/*")
  list(FILTER paths INCLUDE REGEX "/embedded/[^/]+$")
  if(NOT paths)
    return()
  endif()
  set(rows "")
  foreach(path IN LISTS paths)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
    get_filename_component(name "${path}" NAME)
    file(READ "${path}" text)
    string(APPEND rows "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  set(source "${CMAKE_BINARY_DIR}/embedded/${room}.cc")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [[
#include <string_view>

#include "retort/base/check.h"

namespace retort::@room@ {

std::string_view embedded_file(std::string_view name);

std::string_view embedded_file(std::string_view name) {
  static constexpr struct {
    std::string_view name, text;
  } kFiles[] = {
@rows@  };
  for (const auto& file : kFiles)
    if (file.name == name) return file.text;
  RETORT_CHECK(!"an embedded file of this name");
}

}  // namespace retort::@room@
]])
  set(${result} "${source}" PARENT_SCOPE)
endfunction()
