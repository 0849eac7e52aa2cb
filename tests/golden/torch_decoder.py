"""The decoder of Llama, Qwen2 and Mixtral in plain PyTorch, from a config.json: what training is compared with.

Weights have Hugging Face's names. Nothing is fused and nothing is clever; attention sees whole documents of equal
length, [batch, tokens].
"""
import torch
import torch.nn.functional as F


def random_weights(config, dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    hidden, ff = config["hidden_size"], config["intermediate_size"]
    q, kv = config["num_attention_heads"] * config["head_dim"], config["num_key_value_heads"] * config["head_dim"]
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], hidden)}
    for i in range(config["num_hidden_layers"]):
        at = f"model.layers.{i}."
        shapes |= {at + "input_layernorm.weight": (hidden,), at + "self_attn.q_proj.weight": (q, hidden),
                   at + "self_attn.k_proj.weight": (kv, hidden), at + "self_attn.v_proj.weight": (kv, hidden),
                   at + "self_attn.o_proj.weight": (hidden, q), at + "post_attention_layernorm.weight": (hidden,),
                   at + "mlp.gate_proj.weight": (ff, hidden), at + "mlp.up_proj.weight": (ff, hidden),
                   at + "mlp.down_proj.weight": (hidden, ff)}
    shapes["model.norm.weight"] = (hidden,)
    return {name: torch.ones(shape, dtype=dtype) if len(shape) == 1 else
            0.02 * torch.randn(shape, dtype=dtype, generator=generator) for name, shape in shapes.items()}


class Decoder:
    def __init__(self, config, weights):
        self.c = config
        self.w = {name: torch.nn.Parameter(value) for name, value in weights.items()}

    def parameters(self):
        return list(self.w.values())

    def norm(self, x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.c["rms_norm_eps"]) * self.w[name]

    def linear(self, x, module):
        return F.linear(x, self.w[module + ".weight"], self.w.get(module + ".bias"))

    def rope(self, x, cos, sin):
        half = x.shape[-1] // 2
        turned = torch.cat((-x[..., half:], x[..., :half]), -1)
        return x * cos + turned * sin

    def attention(self, x, at, cos, sin, mask):
        batch, tokens, _ = x.shape
        heads, kv, d = self.c["num_attention_heads"], self.c["num_key_value_heads"], self.c["head_dim"]
        q, k, v = (self.linear(x, f"{at}self_attn.{name}_proj").view(batch, tokens, n, d).transpose(1, 2)
                   for name, n in (("q", heads), ("k", kv), ("v", kv)))
        q, k = self.rope(q, cos, sin), self.rope(k, cos, sin)
        k, v = (t.repeat_interleave(heads // kv, 1) for t in (k, v))
        y = (q @ k.transpose(2, 3) / d ** 0.5 + mask).softmax(-1) @ v
        return self.linear(y.transpose(1, 2).reshape(batch, tokens, heads * d), at + "self_attn.o_proj")

    def mlp(self, x, at, names=("gate_proj", "up_proj", "down_proj")):
        gate, up, down = (at + name for name in names)
        return self.linear(F.silu(self.linear(x, gate)) * self.linear(x, up), down)

    def experts(self, x, at):
        """The softmax over all experts, of which a token keeps the largest, renormalised. Adds to router_losses the
        balance (Switch) and z losses of the layer."""
        shape, x = x.shape, x.flatten(0, 1)
        n, k = self.c["num_local_experts"], self.c["num_experts_per_tok"]
        logits = self.linear(x, at + "gate")
        probabilities = logits.softmax(-1)
        weights, chosen = probabilities.topk(k, -1)
        weights = weights / weights.sum(-1, keepdim=True)
        y = torch.zeros_like(x)
        for e in range(n):
            token, rank = (chosen == e).nonzero(as_tuple=True)
            out = self.mlp(x[token], f"{at}experts.{e}.", ("w1", "w3", "w2"))
            y = y.index_add(0, token, weights[token, rank, None] * out)
        share = F.one_hot(chosen, n).sum((0, 1)).to(x.dtype) / chosen.numel()
        self.router_losses.append((n * (share * probabilities.mean(0)).sum(), logits.logsumexp(-1).pow(2).mean()))
        return y.view(shape)

    def logits(self, ids):
        tokens, d = ids.shape[1], self.c["head_dim"]
        embedding = self.w["model.embed_tokens.weight"]
        # Frequencies and angles in f32 as transformers computes them, whatever the dtype of the weights.
        inverse = 1.0 / self.c["rope_theta"] ** (torch.arange(0, d, 2).float() / d)
        angles = torch.outer(torch.arange(tokens).double(), inverse.double())
        angles = torch.cat((angles, angles), -1)
        cos, sin = angles.cos().to(embedding.dtype), angles.sin().to(embedding.dtype)
        mask = torch.full((tokens, tokens), float("-inf"), dtype=embedding.dtype).triu(1)
        x = F.embedding(ids, embedding)
        self.router_losses = []
        for i in range(self.c["num_hidden_layers"]):
            at = f"model.layers.{i}."
            x = x + self.attention(self.norm(x, at + "input_layernorm.weight"), at, cos, sin, mask)
            y = self.norm(x, at + "post_attention_layernorm.weight")
            x = x + (self.experts(y, at + "block_sparse_moe.") if "num_local_experts" in self.c else self.mlp(y, at + "mlp."))
        head = self.w.get("lm_head.weight", embedding)
        return F.linear(self.norm(x, "model.norm.weight"), head)

    def loss(self, ids, targets):
        """The mean cross entropy of all targets that are not -100, and the routers' losses with Retort's weights."""
        loss = F.cross_entropy(self.logits(ids).flatten(0, 1), targets.flatten())
        return loss + sum(0.01 * balance + 0.001 * z for balance, z in self.router_losses)
