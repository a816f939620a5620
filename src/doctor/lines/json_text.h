#pragma once

#include <string>
#include <string_view>

namespace spillway::doctor {

/// What a line of JSON says, with its time before it: docker's json-file ("log", "time"), journalctl -o json
/// ("MESSAGE", "__REALTIME_TIMESTAMP"), structured logs. Empty when it is none or says nothing.
std::string text_of_json(std::string_view line);

}  // namespace spillway::doctor
