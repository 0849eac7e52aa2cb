// node gguf_info.mjs FILE.gguf: metadata and tensors of a GGUF file as node-llama-cpp's own reader sees them, as JSON.
import {readGgufFileInfo} from "node-llama-cpp";

const info = await readGgufFileInfo(process.argv[2], {readTensorInfo: true});
const plain = (key, value) => typeof value === "bigint" ? Number(value) : value;
console.log(JSON.stringify({version: info.version, metadata: info.metadata, tensors: info.fullTensorInfo}, plain));
process.exit(0);
