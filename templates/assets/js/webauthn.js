// WebAuthn between JSON and the browser: options in, credentials out (WebAuthn Level 3 §5.1.8-10).
// Browsers that convert by themselves do it; the others get the conversion written here.

export const supported = () => Boolean(window.PublicKeyCredential && navigator.credentials);

/** Can a passkey be offered inside the name field? */
export async function conditionalSupported() {
  const ask = window.PublicKeyCredential?.isConditionalMediationAvailable;
  if (!ask) return false;
  try {
    return await ask.call(PublicKeyCredential);
  } catch {
    return false;
  }
}

/** Signs a challenge with a passkey; the answer as JSON. */
export async function getPasskey(json, { mediation, signal } = {}) {
  const publicKey = requestOptions(json);
  const credential = await navigator.credentials.get({ publicKey, mediation, signal });
  return toJson(credential);
}

/** Makes a passkey; the answer as JSON. */
export async function createPasskey(json) {
  const credential = await navigator.credentials.create({ publicKey: creationOptions(json) });
  return toJson(credential);
}

function requestOptions(json) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) {
    return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  }
  return {
    ...json,
    challenge: toBytes(json.challenge),
    allowCredentials: (json.allowCredentials ?? []).map(withBytes),
  };
}

function creationOptions(json) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) {
    return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  }
  return {
    ...json,
    challenge: toBytes(json.challenge),
    user: withBytes(json.user),
    excludeCredentials: (json.excludeCredentials ?? []).map(withBytes),
  };
}

function toJson(credential) {
  if (credential.toJSON) {
    try {
      return credential.toJSON();
    } catch {
      // Password managers that stand in for the browser do not always bring a working one.
    }
  }
  const { response } = credential;
  const members = ["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"];
  const values = members.filter((name) => response[name]).map((name) => [name, toText(response[name])]);
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      ...Object.fromEntries(values),
      ...(response.getTransports ? { transports: response.getTransports() } : {}),
    },
  };
}

const withBytes = (thing) => ({ ...thing, id: toBytes(thing.id) });

function toBytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function toText(buffer) {
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
