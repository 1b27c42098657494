// The same objects for ECMAScript modules: one copy of the package in a process, however it is loaded.
export * from './index.js'
