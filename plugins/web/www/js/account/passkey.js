/* Passkeys: the browser's own credentials, with bytes as base64url. */
const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
const textOf = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export const passkeysWork = () => globalThis.PublicKeyCredential !== undefined && isSecureContext;

/** Makes one, by what auth.passkey_begin told; for auth.passkey_add. */
export async function makePasskey({ challenge, rp, user, algorithms, exclude, timeout }) {
	const made = await navigator.credentials.create({ publicKey: {
		challenge: bytesOf(challenge), rp: { id: rp.id, name: rp.name }, user: { id: bytesOf(user.id), name: user.name, displayName: user.display }, timeout,
		pubKeyCredParams: algorithms.map((alg) => ({ type: "public-key", alg })),
		excludeCredentials: exclude.map((id) => ({ type: "public-key", id: bytesOf(id) })),
		authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" }, attestation: "none",
	} });

	return { client_data: textOf(made.response.clientDataJSON), attestation: textOf(made.response.attestationObject) };
}

/** Asks for one, by what auth.passkey_login_begin told; for auth.passkey_login. */
export async function askPasskey({ challenge, rp_id: rpId, credentials, timeout, user_verification: userVerification = "preferred" }) {
	const { id, response } = await navigator.credentials.get({ publicKey: {
		challenge: bytesOf(challenge), rpId, timeout, userVerification, allowCredentials: credentials.map((one) => ({ type: "public-key", id: bytesOf(one) })),
	} });

	return { id, client_data: textOf(response.clientDataJSON), auth_data: textOf(response.authenticatorData), signature: textOf(response.signature),
		...(response.userHandle && { user_handle: textOf(response.userHandle) }) };
}
