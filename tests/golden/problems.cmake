# The Python subset that verifies generated functions, and the generated functions themselves, against CPython.
if(TARGET retort_problems)
  add_executable(python_calls "${CMAKE_SOURCE_DIR}/tests/golden/python_calls.cc")
  target_link_libraries(python_calls PRIVATE retort_problems)
  add_test(NAME golden.problems.python COMMAND python3 "${CMAKE_SOURCE_DIR}/tests/golden/python_subset.py"
    $<TARGET_FILE:python_calls> $<TARGET_FILE:retort>)
endif()
