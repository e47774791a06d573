import { bool, data, type Infer, string } from '../codec/index.js'

export const DefaultPrincipalData = data('DefaultPrincipalData', '0', '0+', {
  type: string,
  name: string,
  tokenAuthenticated: bool,
})
export type DefaultPrincipalData = Infer<typeof DefaultPrincipalData>
