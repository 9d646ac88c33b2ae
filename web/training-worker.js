// Starts the training worker's program: the one with fused multiply-add if the engine knows that instruction (this is a
// module of one function, `unreachable f32x4.relaxed_madd drop`). A failure is thrown outside the promise: the page
// receives it as an error event.
const module = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 0, 253, 133, 2, 26, 11];
const name = WebAssembly.validate(new Uint8Array(module)) ? 'flowsketch-training-worker-relaxed' : 'flowsketch-training-worker';
importScripts(`./${name}.js`);
wasm_bindgen({ module_or_path: `./${name}_bg.wasm` }).catch((error) => setTimeout(() => { throw error; }));
