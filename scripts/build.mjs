// Builds the release page into dist/ from the links of web/index.html, as `trunk build --release` does, with cargo,
// wasm-bindgen and wasm-opt alone: `node scripts/build.mjs`. The programs of each cargo profile are compiled together.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const [web, staging, kept, dist] = ['web', 'target/page-staging', 'target/page-programs', 'dist'].map((folder) => join(root, folder));
const tools = join(root, 'tests/browser/node_modules/.bin');
/** Names the version of wasm-opt, which the cache of programs depends on. */
const lock = readFileSync(join(root, 'tests/browser/package-lock.json'));
const TRIPLE = 'wasm32-unknown-unknown';
const run = promisify(execFile);

/** The values of `data-…` and other attributes of a link. */
const attributes = (link) => Object.fromEntries([...link.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));

function cargo(profile, features, names) {
  const choice = [...names.flatMap((name) => ['--bin', name]), ...(features ? ['--features', features] : [])];
  const child = spawn('cargo', ['build', '--quiet', '-p', 'flowsketch-web', '--target', TRIPLE, '--profile', profile, ...choice], { cwd: root, stdio: 'inherit' });
  return new Promise((done, fail) => child.on('exit', (code) => (code === 0 ? done() : fail(new Error(`cargo did not build ${names.join(', ')}`)))));
}

/** Compiles the programs of one profile; those of the same features in one call. */
async function compile(programs) {
  for (const same of grouped(programs, 'features')) await cargo(same[0].profile, same[0].features, same.map(({ name }) => name));
}

function grouped(programs, key) {
  const values = [...new Set(programs.map((program) => program[key]))];
  return values.map((value) => programs.filter((program) => program[key] === value));
}

/** A program's script and WebAssembly, under the name that the page loads it by; from the cache if nothing changed. */
async function bind({ name, profile, target, level, parameters }) {
  const wasm = join(root, 'target', TRIPLE, profile, `${name}.wasm`);
  const how = [`-O${level}`, ...parameters];
  const { stdout: version } = await run('wasm-bindgen', ['--version']);
  const made = join(kept, hash(readFileSync(wasm), lock, version, target, ...how));
  if (!existsSync(made)) {
    console.log(`build: making ${name} smaller`);
    const making = `${made}.part`;
    await run('wasm-bindgen', [wasm, `--target=${target}`, `--out-dir=${making}`, `--out-name=${name}`, '--no-typescript']);
    const bound = join(making, `${name}_bg.wasm`);
    await run(join(tools, 'wasm-opt'), [...how, bound, '-o', bound]);
    renameSync(making, made);
  }
  cpSync(made, staging, { recursive: true });
}

function hash(...texts) {
  const sum = createHash('sha256');
  for (const text of texts) sum.update(text);
  return sum.digest('hex').slice(0, 16);
}

const source = readFileSync(join(web, 'index.html'), 'utf8');
const links = [...source.matchAll(/<link data-trunk [^>]*>/g)].map(([text]) => ({ text, ...attributes(text) }));
const programs = links.filter(({ rel }) => rel === 'rust').map((link) => ({
  name: link['data-bin'],
  isPage: link['data-type'] !== 'worker',
  features: link['data-cargo-features'] ?? '',
  profile: link['data-cargo-profile-release'] ?? 'release',
  target: link['data-bindgen-target'] ?? (link['data-type'] === 'worker' ? 'no-modules' : 'web'),
  level: link['data-wasm-opt'],
  parameters: (link['data-wasm-opt-params'] ?? '').split(/\s+/).filter(Boolean),
}));

rmSync(staging, { recursive: true, force: true });
mkdirSync(staging, { recursive: true });
console.log('build: compiling the page’s programs (2 to 4 minutes the first time)');
await Promise.all(grouped(programs, 'profile').map(compile));
await Promise.all(programs.map(bind));

// Names with a hash of the contents, so that a browser never takes an old version from its cache.
const page = programs.find(({ isPage }) => isPage).name;
const named = `${page}-${hash(readFileSync(join(staging, `${page}_bg.wasm`)))}`;
for (const end of ['.js', '_bg.wasm']) renameSync(join(staging, page + end), join(staging, named + end));
const style = links.find(({ rel }) => rel === 'css').href;
const namedStyle = style.replace('.css', `-${hash(readFileSync(join(web, style)))}.css`);
cpSync(join(web, style), join(staging, namedStyle));
for (const { href } of links.filter(({ rel }) => rel === 'copy-file')) cpSync(join(web, href), join(staging, href));

const START = `<script type="module">
import init, * as bindings from './${named}.js';
const wasm = await init({ module_or_path: './${named}_bg.wasm' });
window.wasmBindings = bindings;
dispatchEvent(new CustomEvent("TrunkApplicationStarted", {detail: {wasm}}));
</script>`;
const PRELOAD = `<link rel="modulepreload" href="./${named}.js" crossorigin="anonymous"><link rel="preload" href="./${named}_bg.wasm" crossorigin="anonymous" as="fetch" type="application/wasm">`;
const html = links.reduce((text, { text: link, rel, 'data-type': type }) => {
  const made = { css: `<link rel="stylesheet" href="./${namedStyle}" data-integrity="none"/>`, rust: type === 'worker' ? '' : START }[rel] ?? '';
  return text.replace(link, () => made);
}, source);
writeFileSync(join(staging, 'index.html'), html.replace('</head>', () => `${PRELOAD}</head>`));
const env = { ...process.env, TRUNK_PROFILE: 'release', TRUNK_STAGING_DIR: staging };
// The hooks of Trunk.toml.
for (const hook of ['lessons', 'shrink']) {
  // What is wrong has been said.
  if (spawnSync('node', [join(root, `scripts/${hook}.mjs`)], { env, stdio: 'inherit' }).status !== 0) process.exit(1);
}
rmSync(dist, { recursive: true, force: true });
renameSync(staging, dist);
