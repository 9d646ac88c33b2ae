// Starts the worker's program. A failure is thrown where the page hears of it: as an error of the worker.
importScripts('./flowsketch-worker.js');
wasm_bindgen({ module_or_path: './flowsketch-worker_bg.wasm' }).catch((error) => setTimeout(() => { throw error; }));
