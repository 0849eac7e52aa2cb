# The report in a real browser: Debian's chromium-headless-shell, driven by npm's playwright-core. Left out, saying
# so, where one of them is not installed (tools/setup.sh test installs both).
add_executable(make_report "${CMAKE_SOURCE_DIR}/tests/report/make_report.cc")
target_link_libraries(make_report PRIVATE retort_report)
find_program(RETORT_NODE node NO_CACHE)
if(EXISTS "${CMAKE_SOURCE_DIR}/tests/oracles/node_modules/playwright-core")
  add_test(NAME report.browser
    COMMAND ${RETORT_NODE} "${CMAKE_SOURCE_DIR}/tests/report/browser_test.mjs" $<TARGET_FILE:make_report> "${CMAKE_BINARY_DIR}/tests/report")
  set_tests_properties(report.browser PROPERTIES SKIP_RETURN_CODE 77 LABELS slow)
else()
  message(STATUS "report.browser is left out: no tests/oracles/node_modules/playwright-core (run tools/setup.sh test)")
endif()
