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

// Whether letters, digits and signs are keys is kept; a storage that is full or forbidden keeps nothing.
addEventListener('DOMContentLoaded', () => {
  const [box, name] = [document.getElementById('characters'), 'flowsketch-character-keys'];
  try { box.checked = localStorage.getItem(name) !== 'off'; } catch {}
  box.onchange = () => { try { localStorage.setItem(name, box.checked ? 'on' : 'off'); } catch {} };
});
