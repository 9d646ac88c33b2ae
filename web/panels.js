// Starts the program of the panels once their style sheet is loaded: nothing of them shows without it. A failure is
// thrown outside the promise, so that the browser reports it.
import init from './flowsketch-panels.js';
const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: './panels.css' });
const settled = new Promise((settle) => { style.onload = style.onerror = settle; });
document.head.append(style);
settled.then(() => init()).catch((error) => setTimeout(() => { throw error; }));
