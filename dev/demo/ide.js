// A mock editor in front of Laneway. It holds no token and reads no cookie: it asks /bff/user who
// is signed in and calls its backend under /api, and the browser attaches the cookie by itself.

const FILES = {
  'main.rs': [
    'use harbour::Tide;',
    '',
    'fn main() {',
    '    let tide = Tide::at("pier 4");',
    '    println!("water stands at {} m", tide.height());',
    '}',
  ].join('\n'),
  'tide.rs': [
    '/// Height of the water above chart datum.',
    'pub struct Tide {',
    '    metres: f32,',
    '}',
  ].join('\n'),
  'Cargo.toml': ['[package]', 'name = "harbour"', 'version = "0.3.0"', 'edition = "2024"'].join('\n'),
  'README.md': ['# harbour', '', 'Tells how high the water stands.'].join('\n'),
};

// Every call carries this header: a page of another origin cannot send it without asking first.
const HEADERS = { 'X-CSRF': '1', Accept: 'application/json' };

const at = (id) => document.getElementById(id);
let open = 'main.rs';

function element(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, properties);
}

function say(text, tone = '') {
  at('verdict').textContent = text;
  at('verdict').dataset.tone = tone;
}

// ---- the mock editor

function showFiles() {
  at('files').replaceChildren(
    ...Object.keys(FILES).map((name) => {
      const button = element('button', name, { type: 'button' });
      if (name === open) button.setAttribute('aria-current', 'true');
      button.addEventListener('click', () => openFile(name));
      const item = document.createElement('li');
      item.append(button);
      return item;
    }),
  );
}

function openFile(name) {
  open = name;
  at('file-name').textContent = name;
  at('source').value = FILES[name];
  showFiles();
  showLines();
}

function showLines() {
  FILES[open] = at('source').value;
  const count = FILES[open].split('\n').length;
  at('lines').textContent = Array.from({ length: count }, (_, line) => line + 1).join('\n');
}

// ---- who is signed in

async function refreshUser() {
  const answer = await fetch('/bff/user', { headers: HEADERS });
  if (answer.ok) return showUser(await answer.json());
  if (answer.status === 401) return showAnonymous();
  return showTrouble(answer.status);
}

function showUser(user) {
  at('who').textContent = user.name || user.email || user.sub;
  document.body.dataset.user = user.sub;
  at('sign-in').hidden = true;
  at('sign-out').hidden = false;
  at('run').removeAttribute('aria-disabled');
  const facts = {
    sub: user.sub,
    email: user.email,
    organization: user.org?.name ?? 'none',
    'strength (acr)': user.acr,
    'how (amr)': user.amr?.join(', '),
    'signed in at': user.auth_time,
    'session ends in': duration(user.session_expires_in),
    upstream: user.upstream ? `${user.upstream.id}, ${user.upstream.state}` : 'none',
  };
  at('facts').replaceChildren(
    ...Object.entries(facts).flatMap(([key, value]) => [element('dt', key), element('dd', value ?? '')]),
  );
  at('advice').textContent = '';
}

function duration(seconds) {
  const hours = Math.round(seconds / 3600);
  return hours > 48 ? `${Math.round(hours / 24)} days` : `${hours} h`;
}

function showAnonymous() {
  at('who').textContent = 'Not signed in';
  delete document.body.dataset.user;
  at('sign-in').hidden = false;
  at('sign-out').hidden = true;
  at('run').setAttribute('aria-disabled', 'true');
  at('facts').replaceChildren();
  at('advice').textContent = 'Nobody. Sign in to run this file.';
}

function showTrouble(status) {
  at('who').textContent = 'Sign-in is not available';
  at('advice').textContent = `The sign-in service answered ${status}. Your file is still here; reload in a moment.`;
}

async function signOut() {
  const answer = await fetch('/bff/logout', {
    method: 'POST',
    headers: { ...HEADERS, 'Content-Type': 'application/json' },
    body: JSON.stringify({ everywhere: false }),
  });
  if (!answer.ok) return showTrouble(answer.status);
  const { redirect_to: next } = await answer.json();
  if (next) location.assign(next);
  else await refreshUser();
}

// ---- run

async function run() {
  if (at('run').getAttribute('aria-disabled') === 'true') return say('Sign in first', 'bad');
  say('Running…');
  const answer = await fetch('/api/echo/run', {
    method: 'POST',
    headers: { ...HEADERS, 'Content-Type': 'application/json' },
    body: JSON.stringify({ file: open, source: FILES[open] }),
  });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) {
    say(`${answer.status}, answered by the backend`, 'ok');
    at('output').textContent = backendSaw(body);
  } else {
    say(`${answer.status} ${body.code ?? ''}`, 'bad');
    at('output').textContent = body.detail ?? body.title ?? 'The call was refused.';
    if (answer.status === 401) showAnonymous();
  }
  return undefined;
}

// The echo backend answers what reached it. The token in there is between Laneway and the backend,
// so this page names it and does not show it.
function backendSaw(body) {
  const seen = (name) => body.headers.filter(([key]) => key === name).map(([, value]) => value);
  const bearer = seen('authorization')[0];
  return [
    `${body.method} ${body.path}`,
    `authorization: ${bearer ? `Bearer, a short JWT of ${bearer.length - 7} characters` : 'none'}`,
    `cookie: ${seen('cookie').length ? 'forwarded (this should not be)' : 'not forwarded'}`,
    `x-request-id: ${seen('x-request-id')[0] ?? 'none'}`,
    `x-forwarded-host: ${seen('x-forwarded-host')[0] ?? 'none'}`,
    '',
    `It received ${body.body.length} bytes of ${open}.`,
  ].join('\n');
}

at('source').addEventListener('input', showLines);
at('source').addEventListener('scroll', () => {
  at('lines').scrollTop = at('source').scrollTop;
});
at('run').addEventListener('click', () => run().catch(() => say('The call did not arrive', 'bad')));
at('sign-out').addEventListener('click', () => signOut().catch(() => showTrouble('nothing')));
openFile(open);
refreshUser().catch(() => showTrouble('nothing'));
