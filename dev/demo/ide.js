// A mock editor in front of Laneway. It holds no token and reads no cookie: laneway.js asks who is
// signed in and calls the backend under /api, and the browser attaches the cookie by itself.
import { laneway } from '/.laneway/laneway.js';

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

function show(user) {
  if (user) showUser(user);
  else showAnonymous();
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

function showTrouble(error) {
  at('who').textContent = 'Sign-in is not available';
  const what = error.status ?? 'nothing';
  at('advice').textContent = `The sign-in service answered ${what}. Your file is still here; reload in a moment.`;
}

// The page would leave for sign-in, and what was typed would be lost: say it instead.
laneway.addEventListener('signedout', (event) => {
  event.preventDefault();
  say('Your session is over. Sign in to run this file', 'bad');
});
laneway.addEventListener('expiring', ({ detail }) => say(`Your session ends in ${detail.seconds} s`, 'bad'));
laneway.addEventListener('orgmismatch', () => say('Another tab has changed the organization. Reload', 'bad'));
laneway.addEventListener('user', ({ detail }) => show(detail.user));

// ---- run

async function run() {
  if (at('run').getAttribute('aria-disabled') === 'true') return say('Sign in first', 'bad');
  say('Running…');
  try {
    const body = await laneway.json('/api/echo/run', { body: { file: open, source: FILES[open] } });
    say('200, answered by the backend', 'ok');
    at('output').textContent = backendSaw(body);
  } catch (error) {
    if (error.leaving || error.status === 401) return undefined;
    say(error.status ? `${error.status} ${error.code}` : 'The call did not arrive', 'bad');
    at('output').textContent = error.detail || 'The call was refused.';
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
at('run').addEventListener('click', run);
at('sign-in').addEventListener('click', (event) => {
  event.preventDefault();
  laneway.login();
});
at('sign-out').addEventListener('click', () => laneway.logout().catch(showTrouble));
openFile(open);
laneway.user().catch(showTrouble);
