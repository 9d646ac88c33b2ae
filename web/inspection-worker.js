// Starts the program for what is asked beside a run. A failure is thrown where the page hears of it: as an error of the worker.
importScripts('./flowsketch-inspection-worker.js');
wasm_bindgen({ module_or_path: './flowsketch-inspection-worker_bg.wasm' }).catch((error) => setTimeout(() => { throw error; }));
