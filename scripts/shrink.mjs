// Makes a release build smaller, as the last step of `trunk build --release`: minifies scripts and styles, and shortens
// the names by which a program and its script call each other, which are a tenth of what is loaded.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const { TRUNK_PROFILE: profile, TRUNK_STAGING_DIR: directory } = process.env;
const tools = resolve(dirname(fileURLToPath(import.meta.url)), '../tests/browser/node_modules/.bin');
const tool = (name, args, input) =>
  execFileSync(join(tools, name), args, { encoding: 'utf8', input, maxBuffer: 2 ** 26, stdio: ['pipe', 'pipe', 'inherit'] });

if (profile !== 'release') process.exit();
if (!['esbuild', 'wasm-opt'].every((name) => existsSync(join(tools, name)))) {
  console.warn('shrink: the page stays larger than it need be; `scripts/setup page` installs what makes it smaller');
  process.exit();
}

/** The WebAssembly features that Rust's output uses; the last one only in the program that is built for it. */
const FEATURES = ['bulk-memory', 'bulk-memory-opt', 'multivalue', 'mutable-globals', 'nontrapping-float-to-int', 'reference-types', 'sign-ext', 'simd', 'relaxed-simd'];

/** Shortens, in both files, the names by which program and script call each other. */
function rename(program, script) {
  const { imports, exports } = JSON.parse(tool('wasm-opt', [...FEATURES.map((name) => `--enable-${name}`), '--minify-imports-and-exports-and-modules', program, '-o', program]));
  const names = new Map([...imports.map(([, name, short]) => [name, short]), ...exports]);
  const modules = new Set(imports.map(([module]) => module));
  const missing = new Set(names.keys());
  const short = (name) => (missing.delete(name), JSON.stringify(names.get(name)));
  const text = readFileSync(script, 'utf8')
    .replace(/^(\s+)(\w+)(: function\()/gm, (whole, indent, name, rest) => (names.has(name) ? indent + short(name) + rest : whole))
    .replace(/\bwasm\.(\w+)/g, (whole, name) => (names.has(name) ? `wasm[${short(name)}]` : whole))
    .replace(/"([^"]+)": import0/g, (whole, module) => (modules.has(module) ? '"a": import0' : whole));
  const unused = exports.map(([name]) => name);
  const lost = [...missing].filter((name) => !unused.includes(name));
  if (lost.length > 0 || modules.size !== 1) throw new Error(`${script} has another shape than wasm-bindgen's: ${lost}`);
  writeFileSync(script, text);
}

const files = readdirSync(directory);
for (const program of files.filter((name) => name.endsWith('_bg.wasm'))) {
  rename(join(directory, program), join(directory, program.replace('_bg.wasm', '.js')));
}
for (const file of files.filter((name) => /\.(js|css)$/.test(name))) {
  const path = join(directory, file);
  const [, kind] = file.split(/\.(?=\w+$)/);
  writeFileSync(path, tool('esbuild', ['--minify', '--charset=utf8', `--loader=${kind}`], readFileSync(path)));
}
// No text on the page depends on line breaks or indentation, so both can go, and comments too. The inline script is
// allowed by its hash, and no other.
for (const file of files.filter((name) => name.endsWith('.html'))) {
  const path = join(directory, file);
  const text = readFileSync(path, 'utf8').replace(/<!--[\s\S]*?-->/g, '').replace(/^\s+/gm, '');
  const inline = [...text.matchAll(/<script type="module"[^>]*>([\s\S]*?)<\/script>/g)];
  if (inline.length !== 1) throw new Error(`${file} has ${inline.length} inline scripts, not one`);
  const hash = createHash('sha256').update(inline[0][1]).digest('base64');
  writeFileSync(path, text.replace("'unsafe-inline'", `'sha256-${hash}'`));
}
