// The same for ECMAScript modules.

import './index.js'
