#include <cctype>
#include <cmath>

#include "base/text.h"
#include "fit/files/open_model.h"

namespace spillway::fit {

ModelFile by_hand(std::string name, std::uint64_t parameters, TensorType dtype) {
  ModelFile out;
  out.format = FileFormat::by_hand;
  out.path = name;
  const auto bytes = static_cast<std::int64_t>(stored_bytes(dtype, parameters).value_or(0));
  out.tensors.push_back({std::move(name), {parameters}, dtype, Bytes{bytes}});
  return out;
}

Result<std::uint64_t> parse_parameters(std::string_view text) {
  const auto wrong = [&] {
    return fail(Errc::invalid, "is no number of parameters", std::string(text),
                "write it as 1B, 350M or 1500000000");
  };
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  double scale = 1;
  if (!digits.empty() && std::isalpha(static_cast<unsigned char>(digits.back())) != 0) {
    switch (std::tolower(static_cast<unsigned char>(digits.back()))) {
      case 'k': scale = 1e3; break;
      case 'm': scale = 1e6; break;
      case 'b': scale = 1e9; break;
      case 't': scale = 1e12; break;
      default: return wrong();
    }
    digits.pop_back();
  }
  const auto number = parse_decimal(digits);
  if (!number || *number <= 0 || *number * scale < 1 || *number * scale > 1e15) return wrong();
  return static_cast<std::uint64_t>(std::llround(*number * scale));
}

}  // namespace spillway::fit
