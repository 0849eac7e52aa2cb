# Writes the source that gives a room the text files of `paths`: it defines retort::<room>::embedded_file(name).
# Used when the build is configured, and at build time for files that the build makes:
#   cmake -DROOM=report -DPATHS=FILE... -DSOURCE=OUT.cc -P write_embedded.cmake
function(retort_write_embedded room source paths)
  set(rows "")
  foreach(path IN LISTS paths)
    get_filename_component(name "${path}" NAME)
    file(READ "${path}" text)
    string(APPEND rows "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
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
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  retort_write_embedded(${ROOM} "${SOURCE}" "${PATHS}")
endif()
