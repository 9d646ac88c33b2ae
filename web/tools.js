// Starts the program of the tools. A failure is thrown where the browser reports it.
import init from './flowsketch-tools.js';
init().catch((error) => setTimeout(() => { throw error; }));
