import { array, type Infer, int8, int16, int32, request, response, string } from '../codec/index.js'

export const ListConfigResourcesRequest = request('ListConfigResources', '0-1', '0+', {
  resourceTypes: array(int8).in('1+'),
})
export type ListConfigResourcesRequest = Infer<typeof ListConfigResourcesRequest>

export const ListConfigResourcesResponse = response('ListConfigResources', '0-1', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  configResources: array({
    resourceName: string,
    resourceType: int8.in('1+').ignorable.default(16),
  }),
})
export type ListConfigResourcesResponse = Infer<typeof ListConfigResourcesResponse>
