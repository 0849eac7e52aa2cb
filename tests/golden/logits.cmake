# Logits against llama.cpp, when the outside readers are installed (make test installs them).
add_executable(model_logits ${CMAKE_CURRENT_LIST_DIR}/model_logits.cc)
target_link_libraries(model_logits PRIVATE retort_model CLI11::CLI11)
set(oracles ${CMAKE_SOURCE_DIR}/tests/oracles)
if(EXISTS ${oracles}/node_modules/node-llama-cpp)
  add_test(NAME golden.logits COMMAND python3 ${CMAKE_CURRENT_LIST_DIR}/logits_test.py
           ${CMAKE_BINARY_DIR} ${oracles} ${CMAKE_BINARY_DIR}/golden/logits)
  set_tests_properties(golden.logits PROPERTIES LABELS slow COST 300 TIMEOUT 1800)
else()
  message(STATUS "golden.logits is left out: tests/oracles/node_modules is missing (make test installs it)")
endif()
