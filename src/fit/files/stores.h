#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fit/files/header_reader.h"
#include "fit/files/open_model.h"

namespace spillway::fit {

/// Where other programs keep models under a name. Neither asks a network.

/// Ollama's store: manifests/HOST/NAMESPACE/NAME/TAG names blobs (server/manifest.go, types/model/name.go of
/// ollama/ollama). The model, its projector and adapters are read; nullopt where no store has the name.
std::optional<Result<ModelFile>> open_ollama_name(const std::string& name,
                                                  const Surroundings& surroundings);
/// A manifest by its path: its blobs are in the folder "blobs" beside "manifests".
Result<ModelFile> open_ollama_manifest(const std::string& path);

/// One layer of a manifest.
struct OllamaBlob {
  std::string media_type, digest;
  std::int64_t size = -1;
};
Result<std::vector<OllamaBlob>> read_ollama_manifest(HeaderReader& in);

/// A Hugging Face cache: models--org--name/refs/main names a folder in snapshots/ (huggingface_hub,
/// file_download.py). nullopt where the cache does not have the name.
std::optional<Result<ModelFile>> open_hugging_face_name(const std::string& name,
                                                        const Surroundings& surroundings);
/// The folder of the main snapshot of such a repository. Errors: not_found.
Result<std::string> snapshot_of(const std::string& repository);

}  // namespace spillway::fit
