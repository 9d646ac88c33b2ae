// Starts the inspection worker's program. A failure is thrown outside the promise: an error event for the page.
importScripts('./flowsketch-inspection-worker.js');
wasm_bindgen({ module_or_path: './flowsketch-inspection-worker_bg.wasm' }).catch((error) => setTimeout(() => { throw error; }));
