// An OpenID Connect provider of somebody else's making, for tests/integration/test_oidc.py: oidc-provider on loopback. Who "signs in" is said
// by the header x-user of the browser that the test plays; everybody agrees to everything.
//
//     node provider.mjs '{"port": 1234, "alg": "ES256", "client": {"client_id": "…", "redirect_uris": ["…"]}}'
import { createRequire } from 'node:module';
import { generateKeyPairSync } from 'node:crypto';

const { Provider } = await import(createRequire(process.cwd() + '/').resolve('oidc-provider'));
const setup = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${setup.port}`;
const kinds = { ES256: ['ec', { namedCurve: 'P-256' }], RS256: ['rsa', { modulusLength: 2048 }], EdDSA: ['ed25519', {}] };
const key = generateKeyPairSync(...kinds[setup.alg]).privateKey.export({ format: 'jwk' });

const provider = new Provider(issuer, {
  clients: [{ id_token_signed_response_alg: setup.alg, ...setup.client }],
  jwks: { keys: [{ ...key, kid: 'test', alg: setup.alg, use: 'sig' }] },
  cookies: { keys: ['test'] },
  claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: setup.conform ?? true,
  enabledJWA: { idTokenSigningAlgValues: [setup.alg] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, email: `${id}@idp.example`, email_verified: true }),
  }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/'))
    return next();
  const { prompt, params, session } = await provider.interactionDetails(ctx.req, ctx.res);
  let result = { error: 'access_denied' };
  if (prompt.name === 'login' && ctx.get('x-user') !== '')
    result = { login: { accountId: ctx.get('x-user') } };
  if (prompt.name === 'consent') {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    result = { consent: { grantId: await grant.save() } };
  }
  return provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
});

provider.listen(setup.port, '127.0.0.1', () => console.log('ready'));
