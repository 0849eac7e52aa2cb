# What Retort ships, read by llama.cpp and @huggingface/tokenizers: freshly made students, and the micro family's
# members that have weights.
if(EXISTS ${oracles}/node_modules/node-llama-cpp)
  file(GLOB shipped CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/models/micro/*/model.safetensors)
  list(TRANSFORM shipped REPLACE "/model.safetensors$" "")
  add_test(NAME golden.exports COMMAND python3 ${CMAKE_CURRENT_LIST_DIR}/exports_test.py
           ${CMAKE_BINARY_DIR} ${oracles} ${CMAKE_BINARY_DIR}/golden/exports --fresh ${shipped})
  set_tests_properties(golden.exports PROPERTIES LABELS slow COST 150 TIMEOUT 1800)
else()
  message(STATUS "golden.exports is left out: tests/oracles/node_modules is missing (make test installs it)")
endif()
