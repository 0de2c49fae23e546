"""A tiny BERT of random weights trained by the Trainer, without a network."""

import numpy
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

torch.manual_seed(0)
config = BertConfig(
    vocab_size=30,
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=16,
    max_position_embeddings=16,
)
tokens = torch.randint(1, 30, (48, 8))
rows = [{"input_ids": row, "labels": int(row[0] > 15)} for row in tokens]


def scores(predicted):
    return {
        "accuracy": float((numpy.argmax(predicted.predictions, -1) == predicted.label_ids).mean())
    }


arguments = TrainingArguments(
    output_dir="out",
    num_train_epochs=3,
    per_device_train_batch_size=8,
    eval_strategy="epoch",
    save_strategy="no",
    logging_strategy="epoch",
    report_to=[],
    use_cpu=True,
    disable_tqdm=True,
)
trainer = Trainer(
    model=BertForSequenceClassification(config),
    args=arguments,
    train_dataset=rows[:32],
    eval_dataset=rows[32:],
    compute_metrics=scores,
)
trainer.train()
trainer.save_state()
trainer.save_metrics("eval", trainer.evaluate())
