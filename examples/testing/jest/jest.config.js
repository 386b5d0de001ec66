// Run by: NODE_OPTIONS=--experimental-vm-modules npx jest
// Rivulet is ECMAScript modules; `development` is the build of the validators that says in words what is wrong.
export default {
  transform: {},
  testEnvironmentOptions: { customExportConditions: ['development', 'node', 'node-addons'] },
}
