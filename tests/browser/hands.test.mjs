// Pens, fingers, palms and keys, as they come in the world.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consoleFaults } from './comparators.mjs';
import { eventually, says } from './visit.mjs';
import { visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu' });

/** Pointer events at places of the pad, as fractions of its sides: lists of [type, fields, x, y]. */
const point = (the, events) => the.pad.evaluate((pad, events) => {
  const box = pad.getBoundingClientRect();
  return events.map(([type, fields, x, y]) => pad.dispatchEvent(new PointerEvent(type, {
    bubbles: true, cancelable: true, isPrimary: true, button: type === 'pointermove' ? -1 : 0, ...fields,
    clientX: box.left + x * box.width, clientY: box.top + y * box.height,
  })));
}, events);

/** Whether there is ink at a place of the pad. */
const isInked = (the, x, y) => the.pad.evaluate((pad, [x, y]) => {
  const { width, height } = pad;
  const context = pad.getContext('2d');
  const [pixel, ground] = [[x, y], [0.99, 0.99]].map(([x, y]) => context.getImageData(x * width, y * height, 1, 1).data);
  return [0, 1, 2].some((c) => Math.abs(pixel[c] - ground[c]) > 24);
}, [x, y]);
const inked = (the, x, y) => eventually(`no ink at ${x}, ${y}`, () => isInked(the, x, y));
const blank = (the, x, y) => eventually(`ink at ${x}, ${y}`, async () => !(await isInked(the, x, y)));
const [palm, pen, finger] = [
  { pointerId: 11, pointerType: 'touch' }, { pointerId: 12, pointerType: 'pen' }, { pointerId: 13, pointerType: 'touch', isPrimary: false },
];

test('a palm leaves no ink when the pen comes, nor while it is there', async (t) => {
  const the = await open(t);
  await the.button('Clear').click();
  await point(the, [['pointerdown', palm, 0.8, 0.8], ['pointermove', palm, 0.82, 0.82]]);
  await inked(the, 0.8, 0.8);
  await point(the, [['pointerdown', pen, 0.2, 0.3], ['pointermove', pen, 0.4, 0.3]]);
  await inked(the, 0.3, 0.3);
  await blank(the, 0.8, 0.8);
  await point(the, [['pointermove', palm, 0.7, 0.8], ['pointermove', pen, 0.5, 0.3], ['pointerup', pen, 0.5, 0.3], ['pointerup', palm, 0.7, 0.8]]);
  await the.source('your drawing');
  await inked(the, 0.48, 0.3);
  // The palm again, while the pen hovers.
  await point(the, [['pointermove', pen, 0.5, 0.35], ['pointerdown', palm, 0.8, 0.6], ['pointerup', palm, 0.8, 0.6]]);
  await the.until('step', '>', 3);
  assert.equal(await isInked(the, 0.8, 0.6), false, 'the palm drew');
  // One undo takes the whole drawing: the palm is no action.
  await the.button('Undo').click();
  await blank(the, 0.3, 0.3);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('a second finger, a gesture or a menu takes the ink of the first back, and what was undone can be done again', async (t) => {
  const the = await open(t);
  await the.button('Clear').click();
  await the.draw();
  await the.button('Undo').click();
  for (const taken of [
    [['pointerdown', finger, 0.6, 0.2]],
    [['pointercancel', palm, 0.22, 0.2]],
  ]) {
    await point(the, [['pointerdown', palm, 0.2, 0.2], ['pointermove', palm, 0.25, 0.2]]);
    await inked(the, 0.2, 0.2);
    await point(the, taken);
    await blank(the, 0.2, 0.2);
    await point(the, [['pointermove', palm, 0.4, 0.2], ['pointerup', palm, 0.4, 0.2]]);
  }
  const mouse = { pointerId: 1, pointerType: 'mouse' };
  await point(the, [['pointerdown', { ...mouse, ctrlKey: true }, 0.2, 0.2], ['pointermove', mouse, 0.25, 0.2]]);
  await inked(the, 0.2, 0.2);
  const [isAllowed] = await point(the, [['contextmenu', mouse, 0.25, 0.2]]);
  assert.ok(isAllowed, 'the menu does not open');
  await blank(the, 0.2, 0.2);
  assert.equal(await isInked(the, 0.4, 0.2), false);
  await the.button('Redo').click();
  await inked(the, 0.5, 0.5);
  // A finger that rests on the pad opens no menu, and goes on drawing.
  await point(the, [['pointerdown', palm, 0.2, 0.2]]);
  assert.deepEqual(await point(the, [['contextmenu', palm, 0.2, 0.2]]), [false]);
  await point(the, [['pointermove', palm, 0.3, 0.2], ['pointerup', palm, 0.3, 0.2]]);
  await inked(the, 0.28, 0.2);
  assert.deepEqual(consoleFaults(the.log), []);
});

test('the keys are those of the place where a layout has other letters, and can be turned off', async (t) => {
  const the = await open(t);
  const press = (key, code, more = {}) => the.page.evaluate(([key, code, more]) => {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true, cancelable: true, ...more }));
  }, [key, code, more]);
  const isPressed = (name) => the.button(name).getAttribute('aria-pressed');
  await press('у', 'KeyE');
  assert.equal(await isPressed('Erase'), 'true', 'Cyrillic');
  await press('δ', 'KeyD');
  assert.equal(await isPressed('Draw'), 'true', 'Greek');
  await press('"', 'Digit3');
  await the.source('rings');
  await press('Я', 'KeyZ', { ctrlKey: true });
  await the.source('2spirals');
  await press('Я', 'KeyZ', { ctrlKey: true, shiftKey: true });
  await the.source('rings');
  // On a French keyboard the letter counts, not its place; and a digit is typed with Shift.
  await press('w', 'KeyZ', { ctrlKey: true });
  await press('!', 'Digit1', { shiftKey: true });
  await the.source('rings');
  await press('4', 'Digit4', { shiftKey: true });
  await the.source('moons');
  await press('?', 'KeyM', { shiftKey: true });
  const toggle = the.page.getByLabel('Letters, digits and signs are keys');
  await toggle.uncheck();
  await the.button('Close').click();
  await press('e', 'KeyE');
  await press('5', 'Digit5');
  await press('ArrowRight', 'ArrowRight');
  assert.equal(await isPressed('Erase'), 'false', 'a letter is a key');
  assert.equal(await the.page.locator('#source-name').innerText(), 'moons');
  assert.equal(await the.slider('Time t').inputValue(), '0.05', 'arrows are keys still');
  await the.page.reload();
  await the.until('step', '>', -1);
  await press('e', 'KeyE');
  assert.equal(await isPressed('Erase'), 'false', 'a reload forgets it');
  await the.button('Keys').click();
  await toggle.check();
  await the.button('Close').click();
  await press('e', 'KeyE');
  assert.equal(await isPressed('Erase'), 'true');
  assert.deepEqual(consoleFaults(the.log), []);
});

test('what a person paused stays paused with another source, an undo or a stroke; an empty pad trains nothing', async (t) => {
  const the = await open(t);
  await the.until('step', '>', 3);
  await the.pause();
  const preset = the.page.getByRole('group', { name: 'Presets' }).getByRole('button', { name: 'moons', exact: true });
  for (const act of [() => preset.click(), () => the.button('Undo').click(), () => the.draw()]) {
    await act();
    assert.equal(await the.settle(), 0, 'it trains');
    assert.ok(await the.button('Train').isVisible());
  }
  await the.button('Clear').click();
  for (const name of ['Step', 'Train']) {
    await the.button(name).click();
    await says(the, 'The pad is empty: draw a shape or choose a preset to train on.');
  }
  assert.equal(await the.settle(), 0, 'it trains the source of before');
  await preset.click();
  await the.source('moons');
  assert.equal(await the.settle(), 0, 'it trains');
  await the.button('Train').click();
  await the.until('step', '>', 3);
  assert.deepEqual(consoleFaults(the.log), []);
});
