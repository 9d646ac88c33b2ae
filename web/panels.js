// Starts the program of the panels once their style is there: nothing of theirs shows without it. A failure is thrown where
// the browser reports it.
import init from './flowsketch-panels.js';
const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: './panels.css' });
const settled = new Promise((settle) => { style.onload = style.onerror = settle; });
document.head.append(style);
settled.then(() => init()).catch((error) => setTimeout(() => { throw error; }));
