# ---
# title: A spring is released
# ---

# %% [markdown]
# # A spring is released
#
# Back to [the spring](../index.md).

# %%
import matplotlib.pyplot as plt
import numpy as np
import spring

print(f"{__debug__ = }")
time = np.linspace(0, 3, 4)
print(spring.position(time, 1.0, 5.0, 3.0))

# %% [markdown]
# ## How far it has fallen
#
# At the end it is at {{= spring.position(time[-1], 1.0, 5.0, 3.0) :.1e }}, *much lower*.

# %% alt="The energy of the spring falls to zero."
fig, ax = plt.subplots()
_ = ax.plot(time, spring.energy(time, 1.0, 5.0, 3.0), color="#1040a0")
