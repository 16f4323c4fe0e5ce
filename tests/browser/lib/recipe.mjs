// nginx with the recipe of docs/edge in front of an application, word for word but for names, ports and certificate.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LOGIN } from './laneway.mjs';
import { ROOT, accepts } from './parts.mjs';

export const WIKI = 'wiki.example';

/**
 * @param laneway, application `host:port` of each
 * @param more server blocks beside it
 */
export async function startRecipe(parts, { port, tls, laneway, application, more = '' }) {
  const dir = path.join(parts.dir, 'nginx');
  mkdirSync(dir, { recursive: true });
  const recipe = readFileSync(path.join(ROOT, 'docs/edge/nginx.conf'), 'utf8')
    .replaceAll('server_name wiki.example.com', `server_name ${WIKI}`)
    .replaceAll('server_name login.example.com', `server_name ${LOGIN}`)
    .replaceAll('wiki.example.com', `${WIKI}:${port}`)
    .replaceAll('login.example.com', `${LOGIN}:${port}`)
    .replaceAll('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replaceAll(/ssl_certificate(_key)? +\S+;/g, '')
    .replace('127.0.0.1:8080', laneway)
    .replace('127.0.0.1:7000', application);
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${dir}/${kind};`);
  writeFileSync(path.join(dir, 'nginx.conf'), `daemon off; pid ${dir}/pid; ${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 256; }
http {
  access_log ${dir}/access.log; ${temp.join(' ')}
  ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};
${recipe}
${more}
}
`);
  return parts.start('nginx', 'nginx', ['-e', 'stderr', '-p', dir, '-c', path.join(dir, 'nginx.conf')], {
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    ready: () => accepts(port),
  });
}
