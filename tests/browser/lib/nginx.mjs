// A real nginx that ends TLS with a test certificate, in front of the nodes and, on another site,
// of Keycloak. Plain localhost would hide every SameSite and Secure mistake.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { accepts, run } from './parts.mjs';

/** A throw-away authority and a certificate by it for the names; the paths of the files. */
export function certificate(dir, names) {
  const file = (name) => path.join(dir, name);
  const tls = { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem') };
  const fresh = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  run('openssl', [...fresh, '-subj', '/CN=Laneway test authority', '-keyout', file('ca.key'), '-out', tls.ca]);
  run('openssl', [...fresh, '-subj', `/CN=${names[0]}`, '-CA', tls.ca, '-CAkey', file('ca.key'),
    '-addext', 'basicConstraints=critical,CA:FALSE', '-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`,
    '-keyout', tls.key, '-out', tls.cert]);
  return tls;
}

/** @param sites [{names: [host], ports: [backend port]}]; the first one also gets unknown names. */
export async function startNginx(parts, { port, sites, tls }) {
  const dir = path.join(parts.dir, 'nginx');
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'nginx.conf'), config(dir, port, sites, tls));
  return parts.start('nginx', 'nginx', ['-e', 'stderr', '-p', dir, '-c', path.join(dir, 'nginx.conf')], {
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    ready: () => accepts(port),
  });
}

export function accessLog(parts) {
  return readFileSync(path.join(parts.dir, 'nginx', 'access.log'), 'utf8');
}

function config(dir, port, sites, tls) {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${dir}/${kind};`);
  return `daemon off; pid ${dir}/pid; worker_processes 1; ${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 512; }
http {
  access_log ${dir}/access.log; ${temp.join(' ')}
  ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};
  proxy_buffer_size 32k; proxy_buffers 8 32k; proxy_busy_buffers_size 64k;
  map $http_upgrade $hop { default upgrade; '' ''; }
${sites.map((site, index) => `  upstream site${index} { ${site.ports.map((backend) => `server 127.0.0.1:${backend};`).join(' ')} keepalive 8; }
  server {
    listen 127.0.0.1:${port} ssl${index === 0 ? ' default_server' : ''}; server_name ${site.names.join(' ')};
    location / {
      proxy_pass http://site${index}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $hop;
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Forwarded-Port ${site.port ?? 443};
    }
  }`).join('\n')}
}
`;
}
