#pragma once

#include <string>
#include <vector>

#include "doctor/state/checks.h"
#include "render/canvas.h"

namespace spillway {

/// What `spillway doctor` prints: the findings with evidence, fix and command; what works here; the
/// memories and who holds them, now and at most; the settings. Pure.
std::vector<std::string> doctor_lines(const doctor::Examined& examined,
                                      const std::vector<doctor::Diagnosis>& diagnoses,
                                      const Canvas& canvas);

/// {"schema":"spillway.doctor/1", ...}, docs/json.md. Pure.
std::string doctor_document(const doctor::Examined& examined,
                            const std::vector<doctor::Diagnosis>& diagnoses);

}  // namespace spillway
