import { it } from 'vitest'

it.skip(`the tarball: SKIPPED, ${process.env.PACKAGE_UNAVAILABLE} (npm run build:prebuilds)`, () => {})
