// What the page does without its program, and what takes fewer bytes here than there.

// Fetched when it is needed, by the program.
globalThis.rasterImage = async (...image) => (await import('./vector.js')).raster(...image);

// A start that fails is explained.
const end = new AbortController();
const { signal } = end;
const fail = (words) => {
  end.abort();
  import('./fault.js').then(({ say }) => say(words));
};
addEventListener('TrunkApplicationStarted', () => end.abort(), { signal });
addEventListener('error', ({ message, target }) => {
  if (message || target?.tagName === 'SCRIPT') fail(message);
}, { capture: true, signal });
addEventListener('unhandledrejection', ({ reason }) => fail(reason?.message), { signal });

// Whether letters, digits and signs are keys, and whether all measures are shown, is kept; a storage that is full or
// forbidden keeps nothing.
addEventListener('DOMContentLoaded', () => {
  for (const [id, property, event] of [['characters', 'checked', 'onchange'], ['more', 'open', 'ontoggle']]) {
    const [element, name] = [document.getElementById(id), `flowsketch-${id}`];
    try { element[property] = { on: true, off: false }[localStorage.getItem(name)] ?? element[property]; } catch {}
    element[event] = () => { try { localStorage.setItem(name, element[property] ? 'on' : 'off'); } catch {} };
  }
});
