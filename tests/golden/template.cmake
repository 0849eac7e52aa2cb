# Chat templates rendered by Retort, by npm's @huggingface/jinja and by Python's jinja2, compared byte for byte.
# The tests skip themselves, saying so, where an oracle is not installed.
if(TARGET retort_text)
  add_executable(template_render "${CMAKE_SOURCE_DIR}/tests/golden/template_render.cc")
  target_link_libraries(template_render PRIVATE retort_text)
  find_program(RETORT_NODE node NO_CACHE)
  if(RETORT_NODE AND EXISTS "${CMAKE_SOURCE_DIR}/tests/oracles/node_modules/@huggingface/jinja")
    add_test(NAME golden.template.node
      COMMAND ${RETORT_NODE} "${CMAKE_SOURCE_DIR}/tests/oracles/template_oracle.mjs" $<TARGET_FILE:template_render>)
  else()
    message(STATUS "golden.template.node is left out: no node, or no tests/oracles/node_modules (npm ci there)")
  endif()
  add_test(NAME golden.template.python
    COMMAND python3 "${CMAKE_SOURCE_DIR}/tests/oracles/template_oracle.py" $<TARGET_FILE:template_render>)
  set_tests_properties(golden.template.python PROPERTIES SKIP_RETURN_CODE 77)
endif()
