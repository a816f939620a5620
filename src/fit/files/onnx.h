#pragma once

#include "fit/files/header_reader.h"
#include "fit/model_file.h"

namespace spillway::fit {

/// ONNX: a ModelProto in protobuf's wire format (onnx/onnx.proto of onnx/onnx), read field by field; numbers
/// are passed over by their length. Initialisers and constants of the graph, of graphs in attributes (If,
/// Loop, Scan) and of functions count; numbers in other files have to be there and long enough, and to be
/// in the model's folder or below.
Result<ModelFile> read_onnx(HeaderReader& in);

}  // namespace spillway::fit
