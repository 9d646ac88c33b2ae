// Says why the program does not start, in plain words: loaded only when it does not.

/** What is wrong with a file of the program, or nothing. */
async function fault(address, kind) {
  const name = new URL(address, document.baseURI).pathname.split('/').pop();
  const answer = await fetch(address).catch(() => null);
  if (!answer) return `The file ${name} could not be fetched: the network or a program that blocks requests is in the way.`;
  if (!answer.ok) return `The server does not give the file ${name} (${answer.status}): the page is not hosted completely.`;
  const type = answer.headers.get('content-type') ?? 'nothing';
  if (!type.includes(kind)) return `The server calls the file ${name} ${type}, not ${kind}: its settings are wrong.`;
  return '';
}

export async function say(words) {
  const wasm = document.querySelector('link[as="fetch"]');
  const script = document.querySelector('link[rel="modulepreload"]');
  const found = (script && await fault(script.href, 'javascript')) || (wasm && await fault(wasm.href, 'wasm'));
  const reason = found || (typeof WebAssembly === 'object'
    ? 'The browser does not run it, perhaps because a setting or an add-on forbids it.'
    : 'This browser has no WebAssembly, or it is turned off.');
  const alert = document.getElementById('alert');
  alert.replaceChildren(...['The program could not start.', reason, words && `The browser’s own words: ${words}`].filter(Boolean)
    .map((text) => Object.assign(document.createElement('p'), { textContent: text })));
  document.getElementById('waiting').hidden = true;
  alert.hidden = false;
  document.getElementById('status').textContent = 'The program could not start: see the message in place of the flow.';
}
