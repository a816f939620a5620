#include "sense/amdgpu.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "sense/fields.h"

namespace spillway {
namespace {

/// 16 hexadecimal digits and a newline (amdgpu_pm.c, "unique_id").
bool is_unique_id(std::string_view text) {
  return text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) {
           return std::isxdigit(static_cast<unsigned char>(c)) != 0;
         });
}

}  // namespace

Result<Bytes> parse_mem_info(std::string_view text) {
  const auto line = next_line(text);
  const auto amount = line ? parse_amount(*line) : std::nullopt;
  if (!amount) return fail(Errc::invalid, "not a number of bytes");
  return *amount;
}

AmdgpuSensor::AmdgpuSensor(SysRoot root, std::shared_ptr<DrmClients> clients, DrmQuery query)
    : DrmSensor("amdgpu", {"amdgpu"}, std::move(root), std::move(clients), std::move(query)) {}

Result<Bytes> AmdgpuSensor::figure(const Card& card, const char* name) const {
  const auto text = root_.read(card.file(name), 4096);
  if (!text) return tl::unexpected(text.error());
  auto amount = parse_mem_info(*text);
  if (!amount) amount.error().where = root_.where(card.file(name));
  return amount;
}

Result<bool> AmdgpuSensor::is_integrated(const Card& card) const {
  const auto facts = ask(card);
  if (facts && facts->integrated) return *facts->integrated;
  if (root_.exists(card.file("mem_info_vram_vendor"))) return false;
  if (!root_.exists(card.file("mem_info_vram_total"))) return true;  // an APU since Linux 6.18
  return fail(Errc::denied, "whether it has memory of its own cannot be told",
              facts ? root_.where(card.file("drm")) : to_string(facts.error()),
              "let spillway-worker open the render node: group render");
}

Status AmdgpuSensor::identify(Card& card) {
  const auto integrated = is_integrated(card);
  if (!integrated) return tl::unexpected(integrated.error());
  card.integrated = *integrated;
  const auto id = root_.read(card.file("unique_id"), 4096);
  const std::string_view digits = id ? trimmed(*id) : std::string_view();
  card.pool.text = "vram:" + (is_unique_id(digits) ? "GPU-" + std::string(digits) : card.address);
  card.note = card.integrated ? "integrated: its memory is RAM" : card.pool.text;
  const auto total = figure(card, "mem_info_vram_total");
  const auto visible = figure(card, "mem_info_vis_vram_total");
  const auto gtt = figure(card, "mem_info_gtt_total");
  if (!card.integrated && total && visible && *visible < *total) {
    card.note += ", " + to_string(*visible) + " of it visible to the processor (no resizable BAR)";
  }
  if (!card.integrated && gtt) card.note += ", may map " + to_string(*gtt) + " of RAM (GTT)";
  return {};
}

Result<DrmFacts> AmdgpuSensor::measure(Card& card, const Look&) {
  const auto total = figure(card, "mem_info_vram_total");
  if (!total) return tl::unexpected(total.error());
  const auto used = figure(card, "mem_info_vram_used");
  if (!used) return tl::unexpected(used.error());
  if (*total == Bytes{}) {
    return fail(Errc::invalid, "no memory at all", root_.where(card.file("mem_info_vram_total")));
  }
  return DrmFacts{.integrated = false, .total = *total, .used = *used};
}

}  // namespace spillway
