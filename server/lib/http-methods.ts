import type { FastifyInstance } from 'fastify'

/**
 * Watches which routes are added; the function that it returns answers their other methods: 405, with those that there are.
 * Fastify itself answers 404.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ method, url }) => {
    const known = methods.get(url) ?? new Set()
    for (const one of [method].flat()) known.add(one)
    methods.set(url, known)
  })
  return () => {
    for (const [url, known] of [...methods]) {
      const allow = [...known].sort().join(', ')
      const others = app.supportedMethods.filter((method) => !known.has(method))
      if (others.length > 0)
        app.route({
          method: others,
          url,
          handler: (_request, reply) =>
            reply.code(405).header('allow', allow).send({ error: 'Method Not Allowed' }),
        })
    }
  }
}
