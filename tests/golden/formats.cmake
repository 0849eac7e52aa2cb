# The writers' files, read by readers made from the specifications, and by node-llama-cpp where it is installed.
add_executable(formats_files ${CMAKE_CURRENT_LIST_DIR}/formats_files.cc)
target_link_libraries(formats_files PRIVATE retort_formats)
add_test(NAME golden.formats COMMAND python3 ${CMAKE_CURRENT_LIST_DIR}/formats_test.py $<TARGET_FILE:formats_files>
  ${CMAKE_BINARY_DIR}/golden/formats ${CMAKE_SOURCE_DIR}/tests/oracles)
