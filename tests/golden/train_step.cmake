# A step of training against PyTorch, where a Python has it (Debian's python3-torch; too large for make test to
# install). The test says that it was skipped where none has.
add_executable(train_step ${CMAKE_CURRENT_LIST_DIR}/train_step.cc)
target_link_libraries(train_step PRIVATE retort_train)
find_program(RETORT_TORCH_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(RETORT_TORCH_PYTHON)
  add_test(NAME golden.train_step COMMAND ${RETORT_TORCH_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/train_step_test.py
           ${CMAKE_BINARY_DIR} ${CMAKE_BINARY_DIR}/golden/train_step)
  set_tests_properties(golden.train_step PROPERTIES LABELS slow TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()
