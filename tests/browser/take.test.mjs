// What is brought to the page as a source, and what is taken from it as a file.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { changedShare, consoleFaults, longTasks, seriousFindings, smallTargets, strayRequests } from './comparators.mjs';
import { eventually, traceTasks } from './visit.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu' });
const says = (the, words) => the.page.waitForFunction((words) => document.querySelector('[role="status"]').textContent.includes(words), words);
const unfold = (the) => the.page.getByText('Image, points or word').click();
const chooser = (the) => the.page.getByLabel('Image or CSV of points');
const csv = (text, name = 'data.csv') => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
/** The shares of the pad's inked pixels in its left half and in its upper half. */
const halves = (the) => the.pad.evaluate((pad) => {
  const { width, height } = pad;
  const { data } = pad.getContext('2d').getImageData(0, 0, width, height);
  let [all, left, upper] = [0, 0, 0];
  for (let k = 0; k < width * height; k += 1) {
    // The paper is the colour of the lower right corner.
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
  // A quarter of each side.
  assert.ok(all > 0.05 && all < 0.09 && left > 0.99 && upper > 0.99, JSON.stringify({ all, left, upper }));
  await the.until('step', '>', 20);
  await shot(the, 'image');
  const image = await the.pad.screenshot();
  await the.button('Share').click();
  await says(the, 'it cannot hold what you brought: its source is 2spirals');
  assert.equal(new URL(the.page.url()).hash, '');
  // The eraser leaves some of it, the pen starts afresh, as on a preset.
  await the.draw();
  await eventually('the image is still there', async () => (await halves(the)).upper < 0.9);
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
    [csv('0,0\n100,0\n'), 'Row 2: the point (100, 0) lies outside'],
    [csv(''), 'data.csv has no points'],
    [csv('1,1'), 'data.csv has one point only'],
    [{ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no image') }, 'a.png cannot be read as an image'],
    [{ name: 'white.png', mimeType: 'image/png', buffer: PNG.sync.write(new PNG({ width: 8, height: 8 })) }, 'white.png is white or transparent everywhere'],
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
  // The keys of the page are letters here.
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
  assert.equal(await bring('paste', '#bring-word', null, '1,1\n2,1\n'), false);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('a large image holds up nothing', async (t) => {
  let tooLong;
  for (let attempt = 0; attempt < 3 && tooLong?.length !== 0; attempt += 1) {
    const the = await open(t);
    await unfold(the);
    await the.until('step', '>', 20);
    const traced = await traceTasks(the.browser);
    await chooser(the).setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer: picture(4000, 3000) });
    await the.source('the image large.png');
    await the.until('step', '>', 1);
    tooLong = longTasks(await traced(), 50);
    t.diagnostic(`tasks over 50 ms: ${tooLong.map(Math.round).join(', ') || 'none'}`);
    await the.close();
  }
  assert.deepEqual(tooLong, []);
});
