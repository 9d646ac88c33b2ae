// Sources that are imported, and files that are exported.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { blockingTasks, changedShare, colourCount, consoleFaults, grouped, seriousFindings, smallTargets, strayRequests } from './comparators.mjs';
import { eventually, longestTask, traceTasks } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu' });
const says = (the, words) => the.page.waitForFunction((words) => document.querySelector('[role="status"]')?.textContent.includes(words), words);
const unfold = (the) => the.page.getByText('Image, points or word').click();
const chooser = (the) => the.page.getByLabel('Image or points');
const csv = (text, name = 'data.csv') => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
/** The shares of the pad's inked pixels in its left half and in its upper half. */
const halves = (the) => the.pad.evaluate((pad) => {
  const { width, height } = pad;
  const { data } = pad.getContext('2d').getImageData(0, 0, width, height);
  let [all, left, upper] = [0, 0, 0];
  for (let k = 0; k < width * height; k += 1) {
    // The background is the colour of the lower right corner.
    if (![0, 1, 2].some((c) => Math.abs(data[4 * k + c] - data[data.length - 4 + c]) > 24)) continue;
    all += 1;
    left += k % width < width / 2;
    upper += k < (width * height) / 2;
  }
  return { all: all / (width * height), left: left / all, upper: upper / all };
});

/** A picture of white, with a black rectangle in its upper left corner. */
function picture(width, height) {
  const png = new PNG({ width, height });
  for (let k = 0; k < width * height; k += 1) {
    const dark = k % width < width / 4 && k < (width * height) / 4;
    png.data.set([...(dark ? [0, 0, 0] : [255, 255, 255]), 255], 4 * k);
  }
  return PNG.sync.write(png);
}

test('an image is chosen, learned, drawn on, undone; the link says that it cannot hold it', async (t) => {
  const the = await open(t, { permissions: ['clipboard-read', 'clipboard-write'] });
  const spirals = await the.pad.screenshot();
  await unfold(the);
  await chooser(the).setInputFiles({ name: 'corner.png', mimeType: 'image/png', buffer: picture(64, 64) });
  await the.source('the image corner.png');
  await says(the, 'from the image corner.png to the Normal');
  const { all, left, upper } = await halves(the);
  // The ink covers a quarter of each side.
  assert.ok(all > 0.05 && all < 0.09 && left > 0.99 && upper > 0.99, JSON.stringify({ all, left, upper }));
  await the.until('step', '>', 20);
  await shot(the, 'image');
  const image = await the.pad.screenshot();
  await the.button('Share').click();
  await says(the, 'it cannot hold your import: its source is 2spirals');
  assert.equal(new URL(the.page.url()).hash, '');
  // The pen adds ink to it. A reload keeps both: an import is stored separately from the address.
  await the.draw();
  const drawn = await halves(the);
  assert.ok(drawn.all > all + 0.03 && drawn.upper < 0.9 && drawn.upper * drawn.all > 0.9 * all, JSON.stringify(drawn));
  await the.button('Undo').click();
  await the.source('the image corner.png');
  await eventually('undo did not bring the image back', async () => changedShare(image, await the.pad.screenshot()) < 0.01);
  await the.button('Undo').click();
  await the.source('2spirals');
  await eventually('undo did not bring the preset back', async () => changedShare(spirals, await the.pad.screenshot()) < 0.01);
  await the.button('Redo').click();
  await the.source('the image corner.png');
  assert.deepEqual(consoleFaults(the.log), []);
  assert.deepEqual(strayRequests(the.requests, the.origin), []);
});

test('points of a CSV, fitted if asked for; faults name their row and lose nothing', async (t) => {
  const the = await open(t);
  await unfold(the);
  await chooser(the).setInputFiles(csv('x,y\n1,1\n1.5,2\n2,1\n2,2\n'));
  await the.source('the points of data.csv');
  const { left, upper } = await halves(the);
  assert.ok(left < 0.2 && upper > 0.8, JSON.stringify({ left, upper }));
  const before = await the.pad.screenshot();
  for (const [file, sentence] of [
    [csv('1,1\n2,two\n'), 'Row 2: it is not two numbers x,y.'],
    [csv('1,1\n2,2,2\n'), 'Row 2: it is not two numbers x,y.'],
    [csv('0,0\n100,0\n'), 'Row 2: the point lies outside'],
    [csv(''), 'data.csv has no points'],
    [csv('1,1'), 'data.csv has one point only'],
    [{ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no image') }, 'a.png cannot be read as an image'],
    [{ name: 'white.png', mimeType: 'image/png', buffer: PNG.sync.write(new PNG({ width: 8, height: 8 })) }, 'white.png has no ink'],
    [{ name: 'huge.png', mimeType: 'image/png', buffer: Buffer.alloc(33e6) }, 'huge.png has 33 MB; at most 32 MB are read.'],
  ]) {
    await chooser(the).setInputFiles(file);
    await says(the, sentence);
    await says(the, 'The source stays as it was.');
  }
  assert.equal(await the.page.locator('#source-name').innerText(), 'the points of data.csv');
  assert.ok(changedShare(before, await the.pad.screenshot()) < 0.01, 'the source did not stay');
  await the.page.getByLabel('Fit points to the map').check();
  await chooser(the).setInputFiles(csv('0,0\n100,0\n100,100\n0,100\n', 'a very long name that goes on and on and on.csv'));
  await the.source('the points of a very long name that goes o…');
  await eventually('the points do not fill the map', async () => Math.abs((await halves(the)).left - 0.5) < 0.1);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('a word by keyboard, a dropped image, pasted points', async (t) => {
  const the = await open(t);
  await the.page.getByText('Image, points or word').focus();
  await the.page.keyboard.press('Enter');
  await the.page.getByLabel('Word').focus();
  // In the text field the page's shortcut keys are letters.
  await the.page.keyboard.type('Text');
  await the.page.keyboard.press('Enter');
  await the.source('the word “Text”');
  const { all } = await halves(the);
  assert.ok(all > 0.05, 'nothing is written');
  await the.until('step', '>', 20);
  await shot(the, 'word');
  const bring = (kind, target, bytes, text) => the.page.evaluate(([kind, target, bytes, text]) => {
    const data = new DataTransfer();
    if (bytes) data.items.add(new File([new Uint8Array(bytes)], 'dropped.png', { type: 'image/png' }));
    else data.setData('text/plain', text);
    const event = kind === 'drop'
      ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
      : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
    document.querySelector(target).dispatchEvent(event);
    return event.defaultPrevented;
  }, [kind, target, bytes, text]);
  assert.ok(await bring('drop', '#flow', [...picture(32, 32)]));
  await the.source('the image dropped.png');
  await the.page.getByLabel('Word').blur();
  assert.ok(await bring('paste', 'body', null, '-1,1\n-2,1\n-2,2\n'));
  await the.source('the pasted points');
  assert.ok((await halves(the)).left > 0.8);
  // In a text field, what is pasted is text.
  await the.page.getByLabel('Word').focus();
  assert.equal(await bring('paste', '#import-word', null, '1,1\n2,1\n'), false);
  assert.deepEqual(consoleFaults(the.log), []);
});

const fixture = (name) => fileURLToPath(new URL(`../fixtures/images/${name}`, import.meta.url));

test('the ink of the images that people have is found, and how it is found can be changed', async (t) => {
  const the = await open(t);
  await unfold(the);
  const invert = the.page.getByLabel('Invert');
  assert.equal(await invert.isVisible(), false, 'there is no image yet');
  for (const [name, says, least, most] of [
    ['photo_of_sketch.jpg', /^the image photo_of_sketch\.jpg \(its paper subtracted, with contrasts up to \d+ %\)$/, 0.01, 0.15],
    ['light_on_dark.png', /^the image light_on_dark\.png \(light on dark\)$/, 0.01, 0.1],
    ['white_on_transparent.png', /^the image white_on_transparent\.png$/, 0.01, 0.15],
    ['viewbox_only.svg', /^the image viewbox_only\.svg$/, 0.02, 0.15],
  ]) {
    await chooser(the).setInputFiles(fixture(name));
    await the.page.waitForFunction(([source, flags]) => new RegExp(source, flags).test(document.getElementById('source-name')?.textContent), [says.source, says.flags]);
    const { all } = await halves(the);
    assert.ok(all > least && all < most, `${name}: ${all} of the pad is ink`);
    await shot(the, `import-${name.split('.')[0]}`);
  }
  // Of a curve on nothing the inverse is nearly everything; a high level leaves nothing, which loses nothing.
  await invert.check();
  await the.source('the image viewbox_only.svg (what is transparent is mass)');
  assert.ok((await halves(the)).all > 0.5);
  await invert.uncheck();
  await the.source('the image viewbox_only.svg');
  await the.slider('Level').fill('1');
  await says(the, 'viewbox_only.svg has no ink');
  await the.slider('Level').fill('0.5');
  await the.source('the image viewbox_only.svg');
  // However often it was read, it is one action.
  await the.button('Undo').click();
  await the.source('the image white_on_transparent.png');
  // Points have no levels.
  await chooser(the).setInputFiles(csv('1,1\n2,2\n'));
  await the.source('the points of data.csv');
  assert.equal(await invert.isVisible(), false);
  assert.deepEqual(consoleFaults(the.log), []);
  assert.deepEqual(strayRequests(the.requests, the.origin), []);
});

test('several files or an address get a sentence; text is read as points, before a picture of it', async (t) => {
  const the = await open(t);
  const bring = (kind, { files = [], texts = {} }) => the.page.evaluate(([kind, files, texts]) => {
    const data = new DataTransfer();
    files.forEach(([name, bytes]) => data.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' })));
    Object.entries(texts).forEach(([type, text]) => data.setData(type, text));
    document.body.dispatchEvent(kind === 'drop'
      ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
      : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, [kind, files, texts]);
  const image = ['cells.png', [...picture(32, 32)]];
  await bring('drop', { files: [image, image] });
  await says(the, 'These are 2 files: a source is made of one.');
  await bring('drop', { texts: { 'text/uri-list': 'https://example.org/a.png', 'text/plain': 'https://example.org/a.png' } });
  await says(the, 'That is an address: this page loads nothing from others.');
  await the.source('2spirals');
  await bring('drop', { texts: { 'text/plain': '1;1\n2;1,5\n2;2\n' } });
  await the.source('the pasted points');
  await the.button('Undo').click();
  await the.source('2spirals');
  await bring('paste', { files: [image], texts: { 'text/plain': 'x\ty\n1\t1\n2\t2\n2\t1\n' } });
  await the.source('the pasted points');
  await bring('paste', { files: [image], texts: { 'text/plain': 'a caption' } });
  await the.source('the pasted image');
  await bring('paste', { texts: { 'text/plain': 'no points at all' } });
  await says(the, 'The source stays as it was.');
  assert.deepEqual(consoleFaults(the.log), []);
  assert.deepEqual(strayRequests(the.requests, the.origin), []);
});

test('a large image blocks nothing', async (t) => {
  const the = await open(t);
  await unfold(the);
  await the.until('step', '>', 20);
  const traced = await traceTasks(the.browser);
  await chooser(the).setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer: picture(4000, 3000) });
  await the.source('the image large.png');
  await the.until('step', '>', 1);
  const tasks = await traced();
  t.diagnostic(longestTask(tasks));
  assert.deepEqual(blockingTasks(tasks), []);
});

const saved = async (the, name) => {
  const [download] = await Promise.all([the.page.waitForEvent('download'), the.page.getByRole('dialog').getByRole('button', { name }).click()]);
  await the.page.getByText(`${download.suggestedFilename()} is saved`).waitFor();
  return { name: download.suggestedFilename(), file: readFileSync(await download.path()), says: await the.page.locator('#export-state').innerText() };
};

/** The arrays of an archive without compression: name to { shape, values }. */
function arrays(archive) {
  const found = {};
  for (let at = 0; archive.readUInt32LE(at) === 0x04034b50;) {
    const [size, name, more] = [archive.readUInt32LE(at + 22), archive.readUInt16LE(at + 26), archive.readUInt16LE(at + 28)];
    const start = at + 30 + name + more;
    const file = archive.subarray(start, start + size);
    const length = file.readUInt16LE(8);
    const header = file.subarray(10, 10 + length).toString();
    assert.match(header, /'descr': '<f4', 'fortran_order': False/);
    const values = new Float32Array(new Uint8Array(file.subarray(10 + length)).buffer);
    found[archive.subarray(at + 30, at + 30 + name).toString()] = { shape: header.match(/'shape': \(([\d,]*)\)/)[1], values };
    at = start + size;
  }
  return found;
}

test('pictures at the size of print, fields, weights and a film are saved', async (t) => {
  const the = await open(t);
  await the.still();
  await the.slider('Time t').fill('0.5');
  await the.until('step', '>', 40);
  const step = await the.pause();
  await the.button('Export').click();

  const view = await saved(the, 'View PNG');
  assert.match(view.says, new RegExp(`flow.png is saved, of step ${grouped(step)}`));
  const { width, height } = PNG.sync.read(view.file);
  assert.deepEqual([width, height], [2400, 2400]);
  assert.ok(colourCount(view.file) > 8);
  const strip = await saved(the, 'Film strip');
  const { width: wide, height: high } = PNG.sync.read(strip.file);
  assert.ok(wide > 4 * 1200 && high > 1200 && colourCount(strip.file) > 8, `${wide} x ${high}`);

  const fields = await saved(the, 'Fields');
  assert.equal(fields.name, 'fields.npz');
  const found = arrays(fields.file);
  const shapes = { x: '108,', p_source: '108,108,', p_target: '108,108,', phi: '108,108,', psi: '108,108,', t: '7,', rho: '7,108,108,', velocity: '7,108,108,2,' };
  assert.deepEqual(Object.fromEntries(Object.entries(found).map(([name, { shape }]) => [name.replace('.npy', ''), shape])), shapes);
  assert.ok(Object.values(found).every(({ values }) => values.every(Number.isFinite)));
  // ρ_1 is the Normal, of mass 1. The distance of ρ_0 from the source equals the page's measure.
  const cell = (found['x.npy'].values[1] - found['x.npy'].values[0]) ** 2;
  const rho = found['rho.npy'].values;
  const [first, last] = [rho.subarray(0, 108 * 108), rho.subarray(6 * 108 * 108)];
  const sum = (values) => values.reduce((sum, value) => sum + value, 0) * cell;
  assert.ok(Math.abs(sum(last) - 1) < 2e-3);
  const source = found['p_source.npy'].values;
  const mass = sum(first);
  const tv = source.reduce((tv, p, k) => tv + 0.5 * Math.abs(p - first[k] / mass), 0) * cell;
  assert.ok(Math.abs(tv - (await the.metric('tv_source'))) < 0.02, `${tv}`);

  const weights = JSON.parse((await saved(the, 'Weights')).file);
  assert.equal(weights.steps, step);
  assert.equal(weights.settings.epsilon, 0.2);
  assert.equal(weights.phi.theta.length, weights.psi.average.length);
  assert.equal(weights.source.density.length, 324 * 324);

  const film = await saved(the, 'Film WebM');
  assert.equal(film.file.readUInt32BE(0), 0x1a45dfa3, 'no WebM');
  assert.ok(film.file.length > 20_000, `${film.file.length} bytes`);
  // Players ask for its duration, a number of 8 bytes.
  const duration = film.file.indexOf(Buffer.from([0x44, 0x89, 0x88]));
  assert.ok(duration > 0 && duration < 1000 && film.file.readDoubleBE(duration + 3) > 1000, 'no duration');
  await shot(the, 'export');
  await the.page.keyboard.press('Escape');
  assert.equal(await the.slider('Time t').inputValue(), '0.5', 't is not what it was');
  assert.equal(await the.button('Play flow').count(), 1);
  assert.deepEqual(consoleFaults(the.log), []);
  assert.deepEqual(strayRequests(the.requests, the.origin), []);
});

test('the exact flow and differences are saved too; without a recorder a sentence says so', async (t) => {
  const the = await open(t, { prepare: () => { delete globalThis.MediaRecorder; } });
  await the.button('Exact').click();
  await the.pause();
  await the.button('Export').click();
  const exact = arrays((await saved(the, 'Fields')).file);
  // The exact flow starts at the source.
  const [rho, p] = [exact['rho.npy'].values, exact['p_source.npy'].values];
  assert.ok(p.every((value, k) => Math.abs(value - rho[k]) < 1e-2));
  await the.page.getByRole('button', { name: 'Film WebM' }).click();
  await the.page.getByText('This browser records no WebM of a canvas.').waitFor();
  assert.deepEqual(consoleFaults(the.log), []);
});

for (const colorScheme of ['light', 'dark']) {
  test(`import and export on a narrow screen, ${colorScheme}: targets of 44 pixels, no sideways scroll, nothing serious for axe`, async (t) => {
    const the = await open(t, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme });
    await the.page.getByText('Image, points or word').tap();
    await the.page.getByLabel('Word').fill('hi');
    await the.button('Draw word').tap();
    await the.source('the word “hi”');
    const boxes = () => the.page.locator('button:visible, input:not([type=checkbox]):not([type=range]):visible').evaluateAll((controls) => controls.map((control) => {
      const { width, height } = control.getBoundingClientRect();
      return { name: control.ariaLabel || control.id || control.textContent, width, height };
    }));
    assert.deepEqual(smallTargets(await boxes(), 44), []);
    assert.ok(await the.page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page scrolls sideways');
    await shot(the, `import-narrow-${colorScheme}`, { fullPage: true });
    await the.page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const findings = async () => seriousFindings((await the.page.evaluate(() => globalThis.axe.run())).violations);
    assert.deepEqual(await findings(), []);
    await the.button('Export').tap();
    assert.deepEqual(smallTargets(await boxes(), 44), []);
    assert.deepEqual(await findings(), []);
    await shot(the, `export-narrow-${colorScheme}`);
  });
}
