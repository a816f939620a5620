#include "fit/footprint.h"

namespace spillway::fit {

Range Footprint::sum(Where where) const {
  Range total;
  for (const Part& part : parts) {
    if (part.where == where) total += part.bytes;
  }
  return total;
}

Range Footprint::sum(Where where, PartKind kind) const {
  Range total;
  for (const Part& part : parts) {
    if (part.where == where && part.kind == kind) total += part.bytes;
  }
  return total;
}

Bytes weights_of(const ModelFile& file) {
  Bytes total;
  for (const Tensor& tensor : file.tensors) total += tensor.bytes;
  return total;
}

}  // namespace spillway::fit
