// A static server for the built page: `node server.mjs DIRECTORY PORT`, or `serve` from a test.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/**
 * Serves the files below `directory` under the path `base` (such as `/flowsketch/`, as project pages are hosted), on
 * localhost only. Resolves to `{ url, close }` once it listens; port 0 takes a free one.
 */
export async function serve({ directory, base = '/', port = 0 }) {
  const root = resolve(directory);
  const server = createServer(async (request, response) => {
    const fail = (status) => response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status}\n`);
    let path;
    try {
      path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    } catch {
      return fail(400);
    }
    if (!path.startsWith(base)) return fail(404);
    let file = normalize(join(root, path.slice(base.length)));
    if (file !== root && !file.startsWith(root + sep)) return fail(404);
    if (path.endsWith('/')) file = join(file, 'index.html');
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) return fail(404);
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': found.size,
      'cache-control': 'no-cache',
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((listening, failed) => server.once('error', failed).listen(port, 'localhost', listening));
  return {
    url: `http://localhost:${server.address().port}${base}`,
    close: () => new Promise((closed) => { server.close(closed); server.closeAllConnections(); }),
  };
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [directory = 'dist', port = '8080'] = process.argv.slice(2);
  try {
    const { url } = await serve({ directory, port: Number(port) });
    console.log(`Flowsketch is at ${url} (Ctrl+C stops it)`);
  } catch (error) {
    console.error(error.code === 'EADDRINUSE' ? `Port ${port} is in use: name another one.` : String(error));
    process.exit(1);
  }
}
